import { z } from 'zod';

/** Why something failed, as views and answers tell it. */
export const Failure = z.object({ code: z.string(), message: z.string(), next: z.string() });
export type Failure = z.infer<typeof Failure>;
