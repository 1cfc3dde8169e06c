import type { HostFacts } from './contract.ts';

/** How others reach the host: `192.0.2.7`. */
export const addressOf = ({ http }: Pick<HostFacts, 'http'>): string => URL.parse(http)?.hostname ?? http;
