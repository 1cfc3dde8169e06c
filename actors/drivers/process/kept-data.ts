// Which instances have data here that they have been healthy with, installed or not.
import { readdirSync } from 'node:fs';
import { isMissing } from '../../../runtime/disk/durable.ts';
import type { Layout } from './layout.ts';
import { type Identity, readIdentity } from './volumes.ts';

export interface KeptData {
	instance: string;
	app: string;
	/** ms. */
	lastHealthy: number;
}

/** By name. What cannot be read now is left out. */
export function keptData(layout: Pick<Layout, 'apps' | 'identity'>): KeptData[] {
	return namesIn(layout.apps).flatMap((instance) => {
		const identity = identityOf(layout as Layout, instance);
		if (!identity || identity.lastHealthy === null || Object.keys(identity.volumes).length === 0) return [];
		return [{ instance, app: identity.app, lastHealthy: identity.lastHealthy }];
	});
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
}

/** An identity that cannot be parsed is the driver's to tell when the app starts. */
function identityOf(layout: Layout, instance: string): Identity | null {
	try {
		return readIdentity(layout, instance);
	} catch {
		return null;
	}
}
