import { writeSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminServer } from './admin-server.ts';
import { connectClock } from './clock-client.ts';
import { type LoadedApp, loadApp } from './core-module.ts';
import { poisonQueueOf } from './decide-message.ts';
import { type HostSettings, readSettings } from './host-settings.ts';
import { createInvoker, type Invoker } from './invoker.ts';
import { type LogSink, openLog } from './log-sink.ts';
import { startPacer } from './pacer.ts';
import { createPlayer } from './player.ts';
import { createPublicServer } from './public-server.ts';
import { createQueueClients } from './queue-client.ts';
import { type QueueListener, startQueueListener } from './queue-listener.ts';
import { startRealTime } from './real-time.ts';
import { createTimers } from './timers.ts';
import { type Traffic, watchTraffic } from './traffic.ts';

/** How long what runs may take to end when the host is asked to. Units: real milliseconds. Source: the real host's grace is longer; a sandbox's user waits. */
const GRACE_MS = 4_000;
const LOOPBACK = '127.0.0.1';

/**
 * Runs an app in this process until stdin closes, or SIGTERM or SIGINT comes.
 *
 * Shape:  one JSON line on stdout when ready, and nothing else there.
 * Errors: ends with exit code 1 and the reason on stderr where the app cannot be loaded or the clock does not answer.
 */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const clockUrl = `${settings.sandboxAdminUrl}/sandbox/clock`;
  const clock = await connectClock(clockUrl);
  const log = openLog(settings.logPath, () => clock.last().now);
  const traffic = watchTraffic(clockUrl);
  const app = await loadApp(settings.entryPath, settings.appRoot, log);
  const invoker = createInvoker(app, log);
  const timers = createTimers(app.functions, invoker, clock.last().now);

  const publicServer = createPublicServer({ settings, app, invoker, log });
  const url = await listen(publicServer, settings.port);
  const poisoned = { count: 0 };
  const frozen = () => clock.last().mode === 'frozen';
  const queues = startListeners({ settings, app, invoker, log, traffic, frozen, poisoned });
  const player = createPlayer({ clock, invoker, timers, listeners: queues.listeners });
  const status = () => ({
    running: invoker.running(),
    functions: app.functions.map(({ name }) => name),
    invocations: invoker.counts(),
    poisoned: poisoned.count,
  });
  const adminServer = createAdminServer(player, status);
  const admin = await listen(adminServer, settings.adminPort);
  const stopPacer = startPacer({ clock, invoker, traffic, log });
  const stopRealTime = startRealTime({ clock, player, timers, listeners: queues.listeners, log });
  timers.fireOnStartup(clock.last().now);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    stopRealTime();
    publicServer.close();
    adminServer.close();
    await Promise.race([Promise.all([queues.stop(), invoker.idle()]), sleep(GRACE_MS)]);
    await app.runHooks('appTerminate', { hookData: {}, appHookData: app.appHookData });
    stopPacer();
    await log.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  process.stdin.resume().once('end', () => void stop());

  writeSync(1, `${JSON.stringify({ ready: true, url, admin })}\n`);
}

function startListeners(parts: {
  settings: HostSettings;
  app: LoadedApp;
  invoker: Invoker;
  log: LogSink;
  traffic: Traffic;
  frozen: () => boolean;
  poisoned: { count: number };
}): { listeners: readonly QueueListener[]; stop(): Promise<void> } {
  const { settings, app, invoker, log, traffic, frozen, poisoned } = parts;
  const clients = createQueueClients(settings.secret);
  const touch = (queueUri: string) => {
    for (const listener of listeners) if (listener.queueUri === queueUri) listener.touch();
  };
  const listeners = app.functions.flatMap((target): QueueListener[] => {
    if (target.trigger.kind !== 'queue') return [];
    const { queueName, connection } = target.trigger;
    const account = process.env[`${connection}__queueServiceUri`];
    if (account === undefined) throw new Error(`${connection}__queueServiceUri is not set`);
    const queueUri = `${account.replace(/\/$/, '')}/${queueName}`;
    const queue = clients.open(queueUri);
    const poisonQueue = clients.open(poisonQueueOf(queueUri));
    const onPoisoned = (poisonQueueUri: string) => {
      poisoned.count += 1;
      touch(poisonQueueUri);
    };
    const { queues } = settings;
    return [
      startQueueListener({
        target,
        queueName,
        queueUri,
        queue,
        poisonQueue,
        settings: queues,
        invoker,
        log,
        frozen,
        onPoisoned,
      }),
    ];
  });
  traffic.onQueueTouched(touch);
  return {
    listeners,
    stop: async () => {
      await Promise.all(listeners.map((listener) => listener.stop()));
      clients.close();
    },
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`The host cannot start: ${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
