// The images of an app, each with the digest it had when the app was planned: a tag may be another program tomorrow.
import type { CatalogEntry } from '../../catalog/entry.ts';
import type { PlannedApp, PlannedImage } from '../drivers/plan.ts';
import type { EffectContext } from '../effect.ts';
import { digestOf } from './registry.ts';

/** ms, for one image with all its questions; nobody waits long for the pin of an image that is not used. */
const LIMIT_MS = { used: 8_000, unused: 2_000 };

/** Never rejects, and takes 8 s at most; a digest of `before` stays where the registry cannot tell another. */
export async function pinImages(
	{ services, process }: Pick<CatalogEntry, 'services' | 'process'>,
	before: readonly PlannedImage[],
	{ note }: Pick<EffectContext, 'note'>,
): Promise<PlannedImage[]> {
	const images = imagesOf(services);
	const pinned = await Promise.all(images.map((image) => pin(image, before, process ? LIMIT_MS.unused : LIMIT_MS.used)));
	for (const one of pinned) note({ kind: 'decide', text: pinWords(one, process !== undefined) });
	return pinned;
}

/** Each once, in the order of the services. */
const imagesOf = (services: CatalogEntry['services']): string[] => [
	...new Set(Object.values(services).map(({ image }) => image)),
];

async function pin(image: string, before: readonly PlannedImage[], limitMs: number): Promise<PlannedImage> {
	const found = await digestOf(image, limitMs);
	if (found.status === 'known') return { image, digest: found.digest, why: null };
	const kept = before.find((one) => one.image === image)?.digest ?? null;
	return { image, digest: kept, why: found.why };
}

function pinWords({ image, digest, why }: PlannedImage, isProcess: boolean): string {
	if (why === null) return `${image} is pinned to ${digest}`;
	const stays = digest === null ? `${image} is not pinned: ${why}` : `${image} stays pinned to ${digest}: ${why}`;
	return isProcess ? `${stays}; it runs without its image here, so that can wait` : stays;
}

/** For the plan: absent where the app has none. */
export const withImages = (images: readonly PlannedImage[]): Pick<PlannedApp, 'images'> =>
	images.length > 0 ? { images: [...images] } : {};
