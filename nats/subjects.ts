// Every subject Covey uses. Tokens come from names of `[a-z0-9-]`, so nothing needs escaping.
import type { ActorRef } from '../runtime/engine/record.ts';

/** `covey.cmd.install.jellyfin`: a command for one actor, answered by its owner. */
export const commandSubject = (ref: ActorRef): string => `covey.cmd.${ref.kind}.${ref.id}`;
/** `covey.cmd.>`: all commands. */
export const ALL_COMMANDS = 'covey.cmd.>';

/** `covey.create.install`: asks any host to create an actor of the kind. */
export const createSubject = (kind: string): string => `covey.create.${kind}`;

/** `covey.view.install.jellyfin`: the committed record, published by the server after each commit. */
export const viewSubject = (ref: ActorRef): string => `covey.view.${ref.kind}.${ref.id}`;
/** `covey.view.>`: all commits. */
export const ALL_VIEWS = 'covey.view.>';

/** `covey.progress.install.jellyfin`: uncommitted news of running jobs. */
export const progressSubject = (ref: ActorRef): string => `covey.progress.${ref.kind}.${ref.id}`;

/** `covey.event.host.lost`: something worth knowing happened. `type` may contain dots. */
export const eventSubject = (type: string): string => `covey.event.${type}`;

/** `covey.log.alder.jellyfin`: output lines of a unit on a host. */
export const logSubject = (host: string, unit: string): string => `covey.log.${host}.${unit}`;

/** `covey.hb.alder`: heartbeats, four a second. */
export const heartbeatSubject = (host: string): string => `covey.hb.${host}`;
/** `covey.hb.*`: heartbeats of all hosts. */
export const ALL_HEARTBEATS = 'covey.hb.*';

/** `covey.host.alder.job`: asks a host to do an effect, or how it stands. */
export const jobSubject = (host: string): string => `covey.host.${host}.job`;
/** `covey.host.alder.retire`: asks a host to abort jobs of an actor that are no longer wanted. */
export const retireSubject = (host: string): string => `covey.host.${host}.retire`;
/** `covey.host.alder.done`: tells an owner the result of a job. */
export const doneSubject = (host: string): string => `covey.host.${host}.done`;
/** `covey.host.alder.ping`: does the host's main thread live? */
export const pingSubject = (host: string): string => `covey.host.${host}.ping`;
/** `covey.host.alder.observe`: how long ago did that host hear another one? */
export const observeSubject = (host: string): string => `covey.host.${host}.observe`;
/** `covey.host.alder.ask`: a question only that host can answer, for instance its logs. */
export const askSubject = (host: string): string => `covey.host.${host}.ask`;

/** `covey.q.plan.install`: a question any host can answer. `question` may contain dots. */
export const questionSubject = (question: string): string => `covey.q.${question}`;

/** `$KV.covey_actors.install.jellyfin`: where a record lives in the stream. */
export const recordSubject = (ref: ActorRef): string => `$KV.covey_actors.${ref.kind}.${ref.id}`;
/** `$KV.covey_plans.alder`: where a document lives. */
export const documentSubject = (bucket: string, key: string): string => `$KV.covey_${bucket}.${key}`;
