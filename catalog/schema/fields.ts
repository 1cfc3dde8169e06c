// Every field of a catalog file.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Bytes, Duration } from '../quantity.ts';
import { RouteField, SingleSignOn, Widget } from './dashboard.ts';
import { Health } from './health.ts';
import { DatabaseField, IntegrationField, SecretField } from './partners.ts';
import { Process } from './process.ts';
import { Service } from './service.ts';
import { AbsolutePath, PortNumber, RelativePath } from './words.ts';

const Port = z.strictObject({
	name: Name,
	default: PortNumber.describe('the usual number on the host'),
	protocol: z.enum(['tcp', 'udp']).default('tcp'),
	web: z.string().startsWith('/').optional().describe('where a browser finds the app on this port'),
	local: z.boolean().default(false).describe('only for programs of the same host'),
	fixed: z.boolean().default(false).describe('no other number will do, as for DNS'),
});

const Volume = z
	.strictObject({
		name: Name,
		state: z
			.boolean()
			.optional()
			.describe(
				'data that must move with the app and never be lost; left out: true, but for shared folders; false: can be made again',
			),
		shared: Name.optional().describe("a folder of the host that several apps see, such as media; nobody's own data"),
		folders: z.array(RelativePath).default([]).describe('made when absent'),
		files: z.record(RelativePath, z.string()).optional().describe('first content of files, written when the volume is new'),
	})
	.transform((volume) => ({ ...volume, state: volume.state ?? volume.shared === undefined }));

const Device = z.strictObject({
	path: AbsolutePath,
	required: z.boolean().default(false),
	why: z.string().min(1),
});

export const EntryFields = z.strictObject({
	schema: z.literal(1),
	name: Name.describe("also the file's name"),
	title: z.string().min(1),
	summary: z.string().min(1).max(200).describe('one sentence: what it is for'),
	category: Name,
	homepage: z.url().optional(),
	license: z.string().min(1),
	notes: z.array(z.string().min(1)).default([]).describe('what a person should know before it is installed'),
	resources: z.strictObject({
		memory: z.strictObject({ min: Bytes, recommended: Bytes.optional() }),
		disk: z.strictObject({ min: Bytes, recommended: Bytes.optional() }),
		cores: z.number().positive().default(1),
	}),
	arch: z
		.array(z.enum(['x64', 'arm64']))
		.default([])
		.describe('processors it runs on; empty: any'),
	devices: z.array(Device).default([]),
	labels: z.record(Name, z.string()).default({}).describe('labels a host must have'),
	ports: z.array(Port).default([]),
	volumes: z.array(Volume).default([]),
	provides: z.array(Name).default([]).describe('capabilities it offers to other apps, such as download-client'),
	integrations: z.array(IntegrationField).default([]),
	databases: z.array(DatabaseField).default([]),
	secrets: z.array(SecretField).default([]).describe('made when it is installed, and kept'),
	routes: z.array(RouteField).default([]),
	sso: SingleSignOn.optional(),
	widgets: z.array(Widget).default([]),
	health: Health.nullable().default(null),
	process: Process.optional(),
	services: z.record(Name, Service).default({}).describe('its containers, by name; they reach each other by these names'),
	stopTimeout: Duration.default(10_000).describe('SIGTERM, then SIGKILL after this long'),
});
export type EntryFields = z.infer<typeof EntryFields>;
