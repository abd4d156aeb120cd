import { describeStorms } from './storm.ts';

describeStorms(150, 50);
