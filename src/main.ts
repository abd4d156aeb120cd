/** Entry of the Functions app: it registers every trigger, nothing else. */
import { app } from '@azure/functions';
import './functions/advice.ts';
import './functions/console.ts';
import './functions/cost-report.ts';
import './functions/drills.ts';
import './functions/files.ts';
import './functions/health.ts';
import './functions/openapi.ts';
import './functions/points.ts';
import './functions/policies.ts';
import './functions/preview.ts';
import './functions/prices.ts';
import './functions/protection.ts';
import './functions/rebuilds.ts';
import './functions/recycle.ts';
import './functions/restores.ts';
import './functions/sent-reports.ts';
import './functions/simulate.ts';
import './functions/sources.ts';
import './functions/sweeps.ts';
import './functions/timers.ts';
import './functions/workers.ts';

app.setup({ enableHttpStream: true });
