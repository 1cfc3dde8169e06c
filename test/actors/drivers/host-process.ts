// The part of a host that a test can kill: opens the driver on a folder and activates a plan.
// Arguments: data folder, plan as JSON. Prints "ready" when every app is healthy.

import { HostPlan } from '../../../actors/drivers/plan.ts';
import { openProcessDriver } from '../../../actors/drivers/process/process-driver.ts';
import { reporter } from './fixture.ts';

const [data = '', text = ''] = process.argv.slice(2);
const plan = HostPlan.parse(JSON.parse(text));
const driver = await openProcessDriver({ data });
await driver.adoptOrphans(plan);
const { generation } = await driver.build(plan, reporter());
console.log('built');
await driver.activate(generation, plan, reporter());
console.log('activated');
await Promise.all(Object.keys(plan.apps).map((instance) => driver.waitHealthy(instance, reporter())));
console.log('ready');
setInterval(() => undefined, 60_000);
