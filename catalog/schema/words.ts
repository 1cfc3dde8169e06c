// The small words of a catalog file: names, paths, ports, images.
import { z } from 'zod';

export const PortNumber = z.int().min(1).max(65_535);

export const RelativePath = z
	.string()
	.min(1)
	.refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must be a path inside the volume, without ".."');

export const AbsolutePath = z
	.string()
	.regex(/^\/[^:]*$/, 'must be a path that begins with / and has no colon')
	.refine((path) => !path.split('/').includes('..'), 'must be a path without ".."');

const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable');

/** Numbers and truth values become text, as Compose does it. */
export const Environment = z.record(VariableName, z.union([z.string(), z.number(), z.boolean()]).transform(String));

/** A tag or a digest is required: what is meant today is meant next year. */
export const Image = z
	.string()
	.regex(
		/^[a-z0-9]+([._-][a-z0-9]+)*(:\d+)?(\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
		'must be an image like docker.io/library/redis:8.2',
	)
	.refine(
		(image) => image.includes('@') || /:[^/]+$/.test(image),
		'must have a tag or a digest, like redis:8.2: without one it is another program tomorrow',
	);

export const Arguments = z.array(z.string()).min(1);
