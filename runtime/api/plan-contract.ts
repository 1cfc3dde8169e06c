// Questions about what would happen: plans, places and advice.
import { z } from 'zod';
import { InstallPlan, RankedHost, RemovePlan } from '../../catalog/install-plan.ts';
import { DATABASE_TYPES } from '../../catalog/schema/partners.ts';
import { Port } from '../../machines/install/contract.ts';
import { Advice } from '../../machines/placement/advice.ts';
import { Weights } from '../../machines/placement/weights.ts';
import { Name } from '../engine/record.ts';
import { Bytes, Points } from '../engine/units.ts';
import { ImageRow, UpdateRow } from './updates.ts';

/** A plan's fingerprint, as `plan.install` tells it. */
export const PlanName = z.string().max(500);

/** A server for the app alone, where others would do with the one that apps share. */
export const Dedicated = z.array(z.enum(DATABASE_TYPES)).max(3).describe('databases that get a server for this app alone');

/** What a person wishes of an app: it is planned and installed with the same. */
export const InstallWish = z.strictObject({
	app: Name,
	name: Name.optional(),
	host: Name.optional(),
	ports: z.record(Name, Port).optional(),
	with: z.array(Name).max(50).optional().describe('apps or instances to be connected with'),
	recommended: z.boolean().optional().describe('take the recommended app where a required choice is open'),
	dedicated: Dedicated.optional(),
	fresh: z.boolean().optional().describe('begins without the data of an earlier one of this name, which stays where it is'),
});

export const PlanInstall = InstallWish.extend({
	plan: PlanName.optional().describe('one that was shown before: it is kept where it still can be'),
});
export type PlanInstall = z.infer<typeof PlanInstall>;

const Words = z.array(z.object({ title: z.string(), lines: z.array(z.string()) })).describe('the same for people');

const Shares = z.object({
	memory: Points,
	disk: Points,
	cpu: Points,
	load: Points,
	reliability: Points,
	near: Points.describe('points beside the others, for what it is connected with'),
});

export const PlaceRow = RankedHost.extend({ points: Shares.nullable().describe('null: ruled out') });
export type PlaceRow = z.infer<typeof PlaceRow>;

/** What one host tells of its apps. */
export const AppUsage = z.object({ instance: Name, memoryBytes: Bytes });
export type AppUsage = z.infer<typeof AppUsage>;

export const PortRow = z.object({
	host: Name,
	port: Port.describe('its number'),
	protocol: z.enum(['tcp', 'udp']).nullable().describe('null: not said yet'),
	instance: Name,
	app: z.string(),
	name: z.string().describe("the app's name of it"),
	state: z.enum(['taken', 'promised']).describe('promised: to an app that is on its way'),
});
export type PortRow = z.infer<typeof PortRow>;

export const PLAN_QUESTIONS = {
	'plan.install': {
		input: PlanInstall,
		output: z.object({
			plan: InstallPlan,
			words: Words,
			essence: z.array(z.string()),
			changed: z.array(z.string()).describe('why it is not the plan that was named; empty when it is'),
		}),
	},
	'plan.remove': {
		input: z.strictObject({ name: Name, deleteData: z.boolean().default(false) }),
		output: z.object({ plan: RemovePlan, words: Words }),
	},
	place: {
		input: z.strictObject({ app: Name }),
		output: z.object({ app: z.string(), hosts: z.array(PlaceRow), weights: Weights }),
	},
	advice: {
		input: z
			.strictObject({
				move: Name.optional().describe('what if this instance moved'),
				to: Name.optional().describe('to this host'),
			})
			.refine(({ move, to }) => (move === undefined) === (to === undefined), 'move and to belong together'),
		output: Advice,
	},
	updates: { input: z.strictObject({}), output: z.object({ updates: z.array(UpdateRow), images: z.array(ImageRow) }) },
	ports: {
		input: z.strictObject({ host: Name.optional() }),
		output: z.object({ ports: z.array(PortRow) }),
	},
	placement: { input: z.strictObject({}), output: z.object({ weights: Weights, usual: Weights }) },
	'placement.set': {
		input: z.strictObject({ weights: Weights.nullable().describe('null: the usual ones') }),
		output: z.object({ weights: Weights }),
	},
} as const;
