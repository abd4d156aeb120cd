import { errorRules } from '../base/errors.ts';
import {
  diskTargetSchema,
  filesTargetSchema,
  machineTargetSchema,
  swapTargetSchema,
} from '../restore/restore-targets.ts';
import { json, route, routes } from './http-entry.ts';

/** The API's own description: OpenAPI 3.1, made from the schemas that bodies are held to. */
route({
  name: 'openapi',
  method: 'GET',
  route: 'openapi.json',
  role: 'reader',
  handle: async () => {
    const { describeApi } = await import('./api/describe-api.ts');
    const named = {
      DiskTarget: diskTargetSchema,
      MachineTarget: machineTargetSchema,
      SwapTarget: swapTargetSchema,
      FilesTarget: filesTargetSchema,
    };
    const forms = { RestoreRequest: { target: Object.keys(named) } };
    return json(describeApi({ routes, rules: errorRules, named, forms }));
  },
});
