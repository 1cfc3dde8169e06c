// The server's own monitoring pages, on loopback.
import { z } from 'zod';
import { monitorPage } from './monitor-page.ts';

export type NatsHealth = { status: 'ok' } | { status: 'unavailable'; reason: string };

/** `/healthz`: server, meta group and the local replicas of all streams. */
export async function health(monitorPort: number): Promise<NatsHealth> {
	try {
		const answer = z
			.looseObject({ status: z.string(), error: z.string().optional() })
			.parse(await monitorPage(monitorPort, '/healthz'));
		return answer.status === 'ok' ? { status: 'ok' } : { status: 'unavailable', reason: answer.error ?? answer.status };
	} catch (error) {
		return { status: 'unavailable', reason: `no answer: ${(error as Error).message}` };
	}
}

export interface MetaGroup {
	/** Server name of the leader, empty while there is none. */
	leader: string;
	size: number;
}

const Jsz = z.looseObject({
	meta_cluster: z.looseObject({ leader: z.string().optional(), cluster_size: z.number() }).optional(),
});

/** Null while the server does not say. */
export async function metaGroup(monitorPort: number): Promise<MetaGroup | null> {
	try {
		const meta = Jsz.parse(await monitorPage(monitorPort, '/jsz')).meta_cluster;
		return meta ? { leader: meta.leader ?? '', size: meta.cluster_size } : null;
	} catch {
		return null;
	}
}

const Replica = z.looseObject({ name: z.string(), current: z.boolean(), lag: z.number().optional() });
const Led = z.looseObject({
	name: z.string(),
	cluster: z.looseObject({ leader: z.string().optional(), replicas: z.array(Replica).nullish() }).optional(),
	sources: z.array(z.looseObject({ name: z.string(), active: z.number() })).nullish(),
});
const Streams = z.looseObject({
	account_details: z.array(z.looseObject({ stream_detail: z.array(Led).nullish() })).nullish(),
});

export interface LedStream {
	name: string;
	/** `lag`: how many entries it is behind. */
	replicas: { server: string; current: boolean; lag: number }[];
	/** What it takes its messages from, and for how long that has said nothing, ms; null: it never has. A calm source speaks each second. */
	sources: { name: string; silentMs: number | null }[];
}

/** Streams that the server `leader`, whose page this is, leads: only a leader knows how the others stand. Null while it does not say. */
export async function ledStreams(monitorPort: number, leader: string): Promise<LedStream[] | null> {
	try {
		const streams = (Streams.parse(await monitorPage(monitorPort, '/jsz?streams=true')).account_details ?? []).flatMap(
			({ stream_detail }) => stream_detail ?? [],
		);
		return streams
			.filter(({ cluster }) => cluster?.leader === leader)
			.map(({ name, cluster, sources }) => ({
				name,
				sources: (sources ?? []).map((one) => ({ name: one.name, silentMs: one.active < 0 ? null : one.active / 1e6 })),
				replicas: (cluster?.replicas ?? []).map((one) => ({ server: one.name, current: one.current, lag: one.lag ?? 0 })),
			}));
	} catch {
		return null;
	}
}

const Routez = z.looseObject({ routes: z.array(z.looseObject({ remote_name: z.string().optional() })).nullish() });

/** Names of the servers this one has a route to: a join is done when all others are there. Rejects when there is no answer. */
export async function routedTo(monitorPort: number): Promise<string[]> {
	const names = (Routez.parse(await monitorPage(monitorPort, '/routez')).routes ?? []).map((route) => route.remote_name ?? '');
	return [...new Set(names.filter(Boolean))].sort();
}

/** The same; nobody while the server does not answer. */
export const routedToNow = (monitorPort: number): Promise<string[]> => routedTo(monitorPort).catch(() => []);

const Varz = z.looseObject({ server_id: z.string(), config_load_time: z.string() });

async function varz(monitorPort: number): Promise<z.output<typeof Varz>> {
	return Varz.parse(await monitorPage(monitorPort, '/varz'));
}

/** The server's own id, new with each start. Rejects when there is no answer. */
export const serverId = async (monitorPort: number): Promise<string> => (await varz(monitorPort)).server_id;

/** When it last took its configuration, in its own words; null while it does not say. */
export const configLoadedAt = (monitorPort: number): Promise<string | null> =>
	varz(monitorPort).then(
		(page) => page.config_load_time,
		() => null,
	);

const Leafz = z.looseObject({ leafs: z.array(z.looseObject({ id: z.number() })).nullish() });

/** Connection ids of the leaf links. Rejects when there is no answer. */
export async function leafLinks(monitorPort: number): Promise<number[]> {
	return (Leafz.parse(await monitorPage(monitorPort, '/leafz')).leafs ?? []).map(({ id }) => id);
}
