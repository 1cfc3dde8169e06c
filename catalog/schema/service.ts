// One container of an app, in the words of the Compose specification; docs/catalog.md lists which of them count.
import { z } from 'zod';
import { Name } from '../../runtime/engine/record.ts';
import { Duration } from '../quantity.ts';
import { AbsolutePath, Arguments, Environment, Image, PortNumber } from './words.ts';

/** `data:/config`, `data:/config:ro` */
const MountText = z
	.string()
	.regex(/^[a-z0-9-]+:\/[^:]*(:(ro|rw))?$/, 'must be VOLUME:/path or VOLUME:/path:ro, where VOLUME is one of `volumes`')
	.transform((text): { type: 'volume'; source: string; target: string; read_only: boolean } => {
		const [source = '', target = '', mode] = text.split(':');
		return { type: 'volume', source, target, read_only: mode === 'ro' };
	});

const Mount = z.union([
	MountText,
	z.strictObject({
		type: z.literal('bind').describe('a path of the host itself, such as a socket; it does not move with the app'),
		source: AbsolutePath,
		target: AbsolutePath,
		read_only: z.boolean().default(false),
	}),
]);

const DependsOn = z.union([
	z.array(Name).transform((names) => Object.fromEntries(names.map((name) => [name, { condition: 'service_started' as const }]))),
	z.record(Name, z.strictObject({ condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']) })),
]);

const HealthCheck = z.strictObject({
	test: z
		.array(z.string())
		.min(2)
		.refine(([first]) => first === 'CMD', 'must begin with CMD, followed by the program and its arguments'),
	interval: Duration.default(10_000),
	timeout: Duration.default(5_000),
	retries: z.int().min(1).default(3),
	start_period: Duration.default(30_000),
});

export const Service = z.strictObject({
	image: Image,
	entrypoint: Arguments.optional(),
	command: Arguments.optional().describe('arguments, never a shell line'),
	environment: Environment.default({}),
	ports: z
		.array(
			z.strictObject({
				name: Name.describe('one of the `ports` of the app, which decides the number on the host'),
				target: z
					.union([PortNumber, z.string().regex(/^\$\{port\.[a-z0-9-]+\}$/, `must be a number or \${port.NAME}`)])
					.describe(`inside the container; \${port.NAME} where it must be the number on the host`),
			}),
		)
		.default([]),
	volumes: z.array(Mount).default([]),
	depends_on: DependsOn.default({}),
	healthcheck: HealthCheck.optional(),
	devices: z.array(AbsolutePath).default([]).describe('those of the `devices` of the app that this service gets'),
	user: z
		.string()
		.regex(/^\d+(:\d+)?$/, 'must be numbers like "1000:1000", in quotes')
		.optional(),
	working_dir: AbsolutePath.optional(),
	tmpfs: z.array(AbsolutePath).default([]),
	shm_size: z
		.string()
		.regex(/^\d+[kmg]$/, 'must be a size like 128m')
		.optional(),
	cap_add: z
		.array(
			z.enum(['NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW', 'SYS_TIME', 'SYS_NICE', 'CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE']),
		)
		.default([]),
	sysctls: z.record(z.string().regex(/^net\.[a-z0-9._]+$/, 'only net.* can be set for a container'), z.string()).default({}),
	network_mode: z.literal('host').optional().describe('for apps that must hear broadcasts; its ports cannot be moved'),
	init: z.boolean().default(false),
	read_only: z.boolean().default(false),
});
export type Service = z.infer<typeof Service>;
