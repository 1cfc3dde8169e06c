// How a host answers each question of contract.ts.
import type { z } from 'zod';
import type { QUESTIONS, Question, QuestionOutput } from './contract.ts';

/** With a parsed payload. */
export type Answers = { [Q in Question]: (input: z.output<(typeof QUESTIONS)[Q]['input']>) => Promise<QuestionOutput<Q>> };
