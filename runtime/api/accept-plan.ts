// From a request to install to what the install actor is told: exactly the plan that was accepted, or nothing.
import { essenceOf, openLines } from '../../catalog/describe-plan.ts';
import { differencesFrom } from '../../catalog/fingerprint.ts';
import type { InstallPlan, PlanStep } from '../../catalog/install-plan.ts';
import type { Announce, InstallInput, Part, Use } from '../../machines/install/contract.ts';
import { CoveyError } from '../engine/errors.ts';
import { type CreateInstall, toInstallInput } from './contract.ts';
import type { Planning } from './planning.ts';

export interface AcceptParts {
	planning: Pick<Planning, 'plan' | 'isPlain' | 'isAtHome'>;
	/** Read through the leader. */
	exists(instance: string): Promise<boolean>;
}

/** Throws PLAN_STALE with the new plan, CHOICE_OPEN with what is to be chosen, or what the plan refuses: bad input makes no actor. */
export async function inputOf({ planning, exists }: AcceptParts, request: CreateInstall): Promise<InstallInput> {
	const input = toInstallInput(request);
	const isPlain =
		request.plan === undefined && !request.with?.length && !request.dedicated?.length && planning.isPlain(request.app);
	if (isPlain && planning.isAtHome(request.app, Object.keys(request.ports ?? {}))) return input;
	try {
		const plan = await planOf(planning, request);
		// It goes where it fits best then; the plan only tells whether there is a way.
		return isPlain ? input : acceptedInput(input, request, plan);
	} catch (thrown) {
		// The same request sent again: what it made is in the way of its own plan now. The actor gives the first answer again.
		if (await exists(request.name ?? request.app)) return input;
		throw thrown;
	}
}

const planOf = (planning: AcceptParts['planning'], { cmdId: _cmdId, by: _by, ...request }: CreateInstall): Promise<InstallPlan> =>
	planning.plan(request);

function acceptedInput(input: InstallInput, request: CreateInstall, plan: InstallPlan): InstallInput {
	if (plan.status === 'open') throw choiceOpen(plan);
	const changed = request.plan === undefined ? [] : differencesFrom(request.plan, plan);
	if (changed.length > 0)
		throw new CoveyError('PLAN_STALE', `The plan no longer holds: ${changed.join('; ')}.`, {
			details: { plan, essence: essenceOf(plan), changed },
		});
	const own = plan.steps.at(-1) as PlanStep;
	const parts = plan.steps.slice(0, -1).map((step) => partOf(step, request, plan));
	return { ...input, planned: plannedOf(own, request), parts, uses: usesOf(own, plan), announces: announcesOf(own, plan) };
}

const partOf = (step: PlanStep, request: CreateInstall, plan: InstallPlan): Part => ({
	instance: step.instance,
	app: step.app,
	planned: plannedOf(step, request),
	uses: usesOf(step, plan),
});

const usesOf = ({ instance }: PlanStep, { configures }: InstallPlan): Use[] =>
	configures
		.filter((wire) => wire.instance === instance)
		.map(({ integration, with: partner }) => ({ integration, with: partner }));

const announcesOf = ({ instance }: PlanStep, { reconfigures }: InstallPlan): Announce[] =>
	reconfigures
		.filter((wire) => wire.with === instance)
		.map(({ instance: other, integration }) => ({ instance: other, integration }));

/** Ports are kept only for those who have seen them. */
const plannedOf = ({ host, ports }: PlanStep, request: CreateInstall): Part['planned'] => ({
	host,
	ports: request.plan === undefined ? {} : Object.fromEntries(ports.map(({ name, port }) => [name, port])),
});

function choiceOpen(plan: InstallPlan): CoveyError {
	const open = plan.choices.filter(({ required, chosen }) => required && chosen === null);
	const words = open.map(
		({ instance, words: what, options }) => `${instance} requires ${what}: ${options.map(({ app }) => app).join(', ')}`,
	);
	return new CoveyError('CHOICE_OPEN', `Something is to be chosen first. ${words.join('; ')}.`, {
		details: { plan, lines: open.flatMap(openLines) },
	});
}
