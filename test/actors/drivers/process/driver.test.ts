import { openProcessDriver } from '../../../../actors/drivers/process/process-driver.ts';
import { driverContract } from '../contract.ts';

driverContract('process', (data) => openProcessDriver({ data }));
