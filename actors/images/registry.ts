// The digest behind an image's name, as its registry has it now: the protocol that Docker Hub, GHCR and the others speak (OCI
// distribution). Of an image for several architectures it is the digest of the index, so one pin serves every host.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ImageReference, parseImage } from './reference.ts';
import { callRegistry, mayFollow, type RegistryAnswer } from './registry-call.ts';

export type Digest = { status: 'known'; digest: string } | { status: 'unknown'; why: string };

/** ms, for one image with all its questions. */
const LIMIT_MS = 8_000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ACCEPT = [
	'application/vnd.oci.image.index.v1+json',
	'application/vnd.docker.distribution.manifest.list.v2+json',
	'application/vnd.oci.image.manifest.v1+json',
	'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Never rejects, and never takes longer than 8 s. */
export async function digestOf(image: string, limitMs: number = LIMIT_MS): Promise<Digest> {
	const reference = parseImage(image);
	if (reference.digest !== null) return { status: 'known', digest: reference.digest };
	const signal = AbortSignal.timeout(limitMs);
	try {
		return await ask(reference, signal);
	} catch (thrown) {
		const { code, message } = thrown as NodeJS.ErrnoException;
		const why = signal.aborted ? `no answer within ${limitMs / 1000} s` : (code ?? message);
		return { status: 'unknown', why: `${reference.registry} could not be reached (${why})` };
	}
}

/** A question that counts as a pull is asked only where the cheap one does not tell. */
async function ask(reference: ImageReference, signal: AbortSignal): Promise<Digest> {
	const { base, repository, wanted } = reference;
	const url = new URL(`/v2/${repository}/manifests/${wanted}`, base);
	const headers: Record<string, string> = { accept: ACCEPT };
	let answer = await callRegistry('HEAD', url, headers, signal);
	if (answer.status === 401) {
		const token = await tokenFor(url, answer.header('www-authenticate'), repository, signal);
		if (token === null) return refused(reference, 401);
		headers.authorization = `Bearer ${token}`;
		answer = await callRegistry('HEAD', url, headers, signal);
	}
	if (answer.status !== 200) return refused(reference, answer.status);
	const told = answer.header('docker-content-digest');
	if (told !== null && DIGEST.test(told)) return { status: 'known', digest: told };
	const whole = await callRegistry('GET', url, headers, signal);
	return whole.status === 200 ? { status: 'known', digest: hashOf(whole) } : refused(reference, whole.status);
}

const hashOf = ({ body }: RegistryAnswer): string => `sha256:${createHash('sha256').update(body).digest('hex')}`;

const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** For everybody; null where the registry wants to know who asks. */
async function tokenFor(from: URL, challenge: string | null, repository: string, signal: AbortSignal): Promise<string | null> {
	const { realm, service, scope = `repository:${repository}:pull` } = bearerOf(challenge ?? '');
	if (realm === undefined || !URL.canParse(realm)) return null;
	const url = new URL(realm);
	if (!mayFollow(from, url)) throw new Error(`it sends to ${url.protocol}//${url.host} for a token`);
	if (service !== undefined) url.searchParams.set('service', service);
	url.searchParams.set('scope', scope);
	const answer = await callRegistry('GET', url, {}, signal);
	if (answer.status !== 200) return null;
	const parsed = Token.safeParse(jsonOf(answer.body));
	return parsed.data?.token ?? parsed.data?.access_token ?? null;
}

/** `Bearer realm="https://auth.docker.io/token",service="registry.docker.io"`. */
function bearerOf(challenge: string): Partial<Record<string, string>> {
	if (!/^bearer /i.test(challenge)) return {};
	return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}

function jsonOf(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		return null;
	}
}

function refused({ registry, repository, wanted }: ImageReference, status: number): Digest {
	const whys: Record<number, string> = {
		401: `${registry} shows ${repository} only after a login`,
		403: `${registry} does not show ${repository} to everybody`,
		404: `${registry} has no ${repository}:${wanted}`,
		429: `${registry} takes no more questions for now`,
	};
	return { status: 'unknown', why: whys[status] ?? `${registry} answered ${status}` };
}
