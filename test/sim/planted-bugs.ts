import type { Knobs } from './knobs.ts';
import type { Plant } from './simulate.ts';
export interface PlantedBug { name: string; plant: Plant; knobs?: Partial<Knobs> }
export const PLANTED: readonly PlantedBug[] = [];
