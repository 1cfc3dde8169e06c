// What a host has left, minus what is promised to apps that do not use it yet. Pure.
import type { HostFacts } from '../host/contract.ts';
import type { Candidate } from './candidate.ts';

export const freeMemory = ({ facts, reservedMemory }: Candidate): number => Math.max(0, facts.memory.available - reservedMemory);

/** Of the disk with Covey's data. */
export function freeDisk({ facts, reservedDisk }: Candidate): { free: number; total: number } {
	const disk = dataDisk(facts);
	return { free: Math.max(0, (disk?.available ?? 0) - reservedDisk), total: disk?.total ?? 0 };
}

export const dataDisk = (facts: HostFacts) => facts.disks.find(({ data }) => data) ?? facts.disks[0];
