// Shapes of what crosses the wire, parsed at the edge.
import { z } from 'zod';
import { ERRORS, type ErrorCode, type WireError } from '../runtime/engine/errors.ts';
import type { Beat, JobAnswer, JobCompletion, JobOrder, JobResult, Reply } from '../runtime/engine/ports.ts';
import { type Json, Name } from '../runtime/engine/record.ts';

export const JsonValue: z.ZodType<Json> = z.json();

/** A newer Covey may send codes this one does not know. */
export const WireErrorShape: z.ZodType<WireError> = z
	.object({
		code: z.string(),
		message: z.string(),
		next: z.string().default(''),
		details: z.record(z.string(), z.unknown()).optional(),
	})
	.transform(({ code, message, next, details }) => ({
		code: (code in ERRORS ? code : 'INTERNAL') as ErrorCode,
		message,
		next,
		...(details ? { details } : {}),
	}));

const Actor = z.object({ kind: Name, id: Name });
const NoteShape = z.object({
	at: z.number(),
	kind: z.enum(['run', 'write', 'remove', 'decide', 'call']),
	text: z.string(),
	ms: z.number().exactOptional(),
});

export const ReplyShape: z.ZodType<Reply> = z.union([
	z.object({ ok: z.literal(true), seq: z.number().int(), phase: z.string() }),
	z.object({ ok: z.literal(false), error: WireErrorShape }),
]);

export const FailureShape = z.object({ ok: z.literal(false), error: WireErrorShape });

export const JobOrderShape: z.ZodType<JobOrder> = z.object({
	key: z.string().min(1).max(300),
	actor: Actor,
	epoch: z.number().int(),
	token: z.number().int(),
	effect: z.string().min(1),
	input: JsonValue,
	host: Name,
	owner: Name,
});

const JobResultShape: z.ZodType<JobResult> = z.discriminatedUnion('status', [
	z.object({ status: z.literal('done'), output: JsonValue, notes: z.array(NoteShape) }),
	z.object({ status: z.literal('failed'), error: WireErrorShape, notes: z.array(NoteShape) }),
]);

export const JobAnswerShape: z.ZodType<JobAnswer> = z.union([
	z.object({ status: z.literal('running') }),
	z.object({ status: z.literal('refused'), epoch: z.number().int() }),
	JobResultShape,
]);

export const RetireShape = z.object({ actor: Actor, epoch: z.number().int(), live: z.array(z.string()), seq: z.number().int() });

export const CompletionShape: z.ZodType<JobCompletion> = z.object({
	actor: Actor,
	key: z.string(),
	token: z.number().int(),
	result: JobResultShape,
});

export const BeatShape: z.ZodType<Beat> = z.object({
	host: Name,
	incarnation: z.number(),
	at: z.number(),
	machines: z.array(z.string()),
	adopting: z.boolean(),
	blinked: z.boolean(),
});
