// Ends every scenario: the invariants of the design, checked against what is really there. Pure, so that it can be tried itself.
import { actorComplaints } from './check-actors.ts';
import { hostComplaints } from './check-hosts.ts';
import type { Findings } from './findings.ts';

/** Each complaint begins with the number of the invariant. Empty: all hold. */
export function verify(findings: Findings): string[] {
	return [...actorComplaints(findings), ...hostComplaints(findings)];
}
