import { describeStorms } from './storm.ts';

describeStorms(50, 50);
