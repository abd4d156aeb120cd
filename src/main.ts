/** Entry of the Functions app: it registers every trigger, nothing else. */
import { app } from '@azure/functions';
import './functions/cost-report.ts';
import './functions/health.ts';
import './functions/points.ts';
import './functions/policies.ts';
import './functions/preview.ts';
import './functions/recycle.ts';
import './functions/restores.ts';
import './functions/simulate.ts';
import './functions/sources.ts';
import './functions/sweeps.ts';
import './functions/timers.ts';
import './functions/workers.ts';

app.setup({ enableHttpStream: true });
