// Numbers that mean something: their unit goes with the schema, into types for readers and into docs/subjects.md.
import { z } from 'zod';

export const Instant = z.number().describe('ms since 1970');
export const Millis = z.number().describe('ms');
export const Bytes = z.number().describe('bytes');
export const BytesPerSec = z.number().describe('bytes/s');
export const Percent = z.number().describe('0-100');
export const Points = z.number().describe('points of 100');
export const Seconds = z.number().describe('s');
