// Where answers go. Each identity has a prefix of its own, so nobody is let in to read another's answers.
import { createInbox, type NatsConnection, NatsConnectionImpl } from '@nats-io/transport-node';

/** `_INBOX.h.alder` for a host, `_INBOX.c.ci` for a credential: what their clients use as inbox prefix. */
export const inboxPrefix = (who: { type: 'host' | 'credential'; name: string }): string =>
	`_INBOX.${who.type === 'host' ? 'h' : 'c'}.${who.name}`;

/** `_INBOX.g.alder`: answers to the host's own growth user. */
export const growthInbox = (host: string): string => `_INBOX.g.${host}`;

/** A new subject for answers that this connection may listen on. */
export const newInbox = (nc: NatsConnection): string =>
	createInbox(nc instanceof NatsConnectionImpl ? nc.options.inboxPrefix : undefined);
