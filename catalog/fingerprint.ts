// A plan in one word: what was decided, readable enough to say what has changed when it no longer holds. Pure.
//
//     8f3a91c2.09be21aa.alder+8096+8920.birch
//     catalog  wiring   host+ports of each step
import { createHash } from 'node:crypto';
import type { InstallPlan } from './install-plan.ts';

type Decided = Omit<InstallPlan, 'fingerprint'>;

/** `entries`: the catalog entries of the steps, as JSON. */
export function fingerprintOf(plan: Decided, entries: readonly unknown[]): string {
	const { app, instance, configures, reconfigures, steps } = plan;
	const wiring = {
		app,
		instance,
		configures,
		reconfigures,
		apps: steps.map((step) => [step.instance, step.app, step.databases]),
	};
	return [
		hash(entries),
		hash(wiring),
		...steps.map(({ host, ports }) => [host, ...ports.map(({ port }) => port)].join('+')),
	].join('.');
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);

export const Fingerprint = /^[0-9a-f]{8}\.[0-9a-f]{8}(\.[a-z0-9-]+(\+\d+)*){1,20}$/;

interface Parts {
	catalog: string;
	wiring: string;
	places: { host: string; ports: number[] }[];
}

/** Null when it is none. */
export function parseFingerprint(text: string): Parts | null {
	if (!Fingerprint.test(text)) return null;
	const [catalog = '', wiring = '', ...places] = text.split('.');
	return {
		catalog,
		wiring,
		places: places.map((place) => {
			const [host = '', ...ports] = place.split('+');
			return { host, ports: ports.map(Number) };
		}),
	};
}

/** Why the accepted plan is not this one any more, in plain words; empty when it is. */
export function differencesFrom(accepted: string, plan: InstallPlan): string[] {
	if (accepted === plan.fingerprint) return [];
	const before = parseFingerprint(accepted);
	const now = parseFingerprint(plan.fingerprint);
	if (!before || !now) return ['it is no plan of this app'];
	const words: string[] = [];
	if (before.catalog !== now.catalog) words.push('the catalog says something else about the apps');
	if (before.wiring !== now.wiring) words.push('other apps are installed or connected than when it was made');
	for (const [index, step] of plan.steps.entries()) {
		const old = before.places[index];
		const place = now.places[index];
		if (!old || !place) continue;
		if (old.host !== place.host) words.push(`${step.instance} goes to ${place.host}, not ${old.host}`);
		else if (String(old.ports) !== String(place.ports))
			words.push(`${step.instance} gets port ${place.ports.join(', ')}, not ${old.ports.join(', ')}`);
	}
	return words.length > 0 ? words : ['other apps are to be installed'];
}
