// Was anything promised twice? Pure, over one version of a host's plan.
import type { HostPlan } from '../../actors/drivers/plan.ts';
import { claimsOn } from '../../actors/reservations.ts';

/** `roomBytes`: memory the host had before anything was promised. */
export function doubleReservations(plan: HostPlan, roomBytes: number): string[] {
	const findings: string[] = [];
	const claims = claimsOn(plan);
	const holders = new Map<number, string>();
	for (const { instance, ports } of claims)
		for (const port of ports) {
			const other = holders.get(port);
			if (other !== undefined)
				findings.push(`${plan.host}, revision ${plan.revision}: port ${port} has ${other} and ${instance}`);
			holders.set(port, instance);
		}
	const promised = claims.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
	if (promised > roomBytes)
		findings.push(
			`${plan.host}, revision ${plan.revision}: ${promised} bytes promised to ${claims.length} apps, ${roomBytes} were free`,
		);
	return findings;
}
