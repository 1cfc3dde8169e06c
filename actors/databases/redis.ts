// Redis: a user per app, and a number for its keys. The number keeps apps apart that mean no harm; it is no wall.
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { DatabaseAdmin, ServerAccess } from './admin.ts';
import { keepWhole } from './keep-whole.ts';
import { openRedis, type RedisClient, type Reply } from './redis-client.ts';
import { redisPassword } from './scram.ts';

/** As many as the server is told to have. */
export const REDIS_DATABASES = 64;
/** All but what rules the server or reaches into the keys of others. */
const RULES = ['~*', '&*', '+@all', '-@admin', '-flushall', '-swapdb', '-move', '+info', '+client', '+config|get'];

const Dumped = z.object({ key: z.string(), value: z.string(), ttl: z.number() });

export function redisAdmin(access: ServerAccess, signal: AbortSignal): DatabaseAdmin {
	async function within<T>(database: string | null, work: (redis: RedisClient) => Promise<T>): Promise<T> {
		await using redis = await openRedis(access, signal);
		if (database !== null) await redis.ask('SELECT', database);
		return await work(redis);
	}

	return {
		exists: ({ user }) => within(null, async (redis) => (await redis.ask('ACL', 'GETUSER', user)) !== null),
		ensure: ({ user, password }) =>
			within(null, async (redis) => {
				await redis.ask('ACL', 'SETUSER', user, 'reset', 'on', `#${redisPassword(password)}`, ...RULES);
				await redis.ask('ACL', 'SAVE');
			}),
		drop: ({ database, user }) =>
			within(database, async (redis) => {
				await redis.ask('FLUSHDB');
				await redis.ask('ACL', 'DELUSER', user);
				await redis.ask('ACL', 'SAVE');
			}),
		dump: ({ database }, file) =>
			within(database, (redis) =>
				keepWhole(file, async (temporary) => writeFile(temporary, (await dumpAll(redis)).join('\n'), { mode: 0o600 })),
			),
		restore: ({ database }, file) =>
			within(database, async (redis) => {
				// Every line is read before the first key goes.
				const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
				const keys = lines.map((line) => Dumped.parse(JSON.parse(line)));
				await redis.ask('FLUSHDB');
				for (const { key, value, ttl } of keys)
					await redis.ask('RESTORE', Buffer.from(key, 'base64'), String(ttl), Buffer.from(value, 'base64'), 'REPLACE');
			}),
	};
}

/** The numbers that have keys. */
export async function redisNumbersInUse(access: ServerAccess, signal: AbortSignal): Promise<Set<string>> {
	await using redis = await openRedis(access, signal);
	const text = String(await redis.ask('INFO', 'keyspace'));
	return new Set([...text.matchAll(/^db(\d+):/gm)].map(([, number = '']) => number));
}

async function dumpAll(redis: RedisClient): Promise<string[]> {
	const lines: string[] = [];
	let cursor = '0';
	do {
		const [next, keys] = (await redis.ask('SCAN', cursor, 'COUNT', '500')) as [Buffer, Reply[]];
		cursor = String(next);
		for (const key of keys as Buffer[]) {
			const value = await redis.ask('DUMP', key);
			const ttl = Number(await redis.ask('PTTL', key));
			// It may have expired between the two.
			if (value instanceof Buffer)
				lines.push(JSON.stringify({ key: key.toString('base64'), value: value.toString('base64'), ttl: Math.max(0, ttl) }));
		}
	} while (cursor !== '0');
	return [...new Set(lines)];
}
