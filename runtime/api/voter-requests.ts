// What only a voter can do about trust, as another host asks for it on `covey.host.<host>.ask`.
import { z } from 'zod';
import { Name } from '../engine/record.ts';
import { CredentialWish } from '../trust/credentials.ts';
import { JoinRequest } from '../trust/join.ts';

export const VOTER_REQUESTS = [
	z.object({ type: z.literal('admit'), request: JoinRequest }),
	z.object({ type: z.literal('renew'), host: Name, request: z.string().max(4_096) }),
	z.object({ type: z.literal('addCredential'), wish: CredentialWish }),
	z.object({ type: z.literal('renewCredential'), name: Name, request: z.string().max(4_096) }),
	z.object({ type: z.literal('keyStatus') }),
] as const;
