import { describeStorms } from './storm.ts';

describeStorms(100, 50);
