// A Compose file as it comes: every shape the specification allows for the fields that can be taken over, and whatever else is there.
import { z } from 'zod';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const TextList = z.union([z.string().transform((text) => [text]), z.array(z.coerce.string())]);

export const ComposeService = z.looseObject({
	image: z.string().optional(),
	command: z.union([z.string(), z.array(z.coerce.string())]).nullish(),
	entrypoint: z.union([z.string(), z.array(z.coerce.string())]).nullish(),
	environment: z.union([z.array(z.string()), z.record(z.string(), Scalar.nullable())]).optional(),
	ports: z
		.array(
			z.union([
				z.number(),
				z.string(),
				z.looseObject({
					target: z.coerce.number(),
					published: z.union([z.string(), z.number()]).optional(),
					protocol: z.string().optional(),
					name: z.string().optional(),
				}),
			]),
		)
		.optional(),
	volumes: z
		.array(
			z.union([
				z.string(),
				z.looseObject({ type: z.string(), source: z.string().optional(), target: z.string(), read_only: z.boolean().optional() }),
			]),
		)
		.optional(),
	depends_on: z
		.union([z.array(z.string()), z.record(z.string(), z.looseObject({ condition: z.string().optional() }))])
		.optional(),
	healthcheck: z
		.looseObject({
			test: z.union([z.string(), z.array(z.coerce.string())]).optional(),
			disable: z.boolean().optional(),
			interval: z.string().optional(),
			timeout: z.string().optional(),
			retries: z.coerce.number().optional(),
			start_period: z.string().optional(),
		})
		.optional(),
	devices: z.array(z.union([z.string(), z.looseObject({ source: z.string() })])).optional(),
	user: z.coerce.string().optional(),
	working_dir: z.string().optional(),
	tmpfs: TextList.optional(),
	shm_size: z.coerce.string().optional(),
	cap_add: z.array(z.string()).optional(),
	sysctls: z.union([z.array(z.string()), z.record(z.string(), Scalar)]).optional(),
	network_mode: z.string().optional(),
	init: z.boolean().optional(),
	read_only: z.boolean().optional(),
	stop_grace_period: z.string().optional(),
	platform: z.string().optional(),
	mem_limit: z.coerce.string().optional(),
	deploy: z
		.looseObject({
			resources: z.looseObject({ limits: z.looseObject({ memory: z.coerce.string().optional() }).optional() }).optional(),
		})
		.optional(),
});
export type ComposeService = z.infer<typeof ComposeService>;

export const ComposeFile = z.looseObject({
	name: z.string().optional(),
	services: z.record(z.string(), ComposeService),
	volumes: z.record(z.string(), z.looseObject({}).nullable()).nullish(),
});
export type ComposeFile = z.infer<typeof ComposeFile>;
