import type { Invoker } from './invoker.ts';
import { newInvocationId } from './invoker.ts';
import { parseTimerSchedule, planTimer, startTimer, type TimerInput, timerInput } from './plan-timers.ts';
import type { RegisteredFunction } from './registered-function.ts';

/** The app's timers. */
export interface Timers {
  /** Starts every timer that is due and not running. Does not wait for them. Units: epoch milliseconds. */
  fireDue(now: number): void;
  /** Starts the timers that ask to run when the host starts. */
  fireOnStartup(now: number): void;
}

/** Makes the timers of an app, counting from now. */
export function createTimers(functions: readonly RegisteredFunction[], invoker: Invoker, startedAt: number): Timers {
  const timers = functions.flatMap((target) => {
    if (target.trigger.kind !== 'timer') return [];
    const schedule = parseTimerSchedule(target.trigger.schedule);
    const { runOnStartup } = target.trigger;
    return [{ target, schedule, runOnStartup, state: startTimer(schedule, startedAt), running: false }];
  });

  const run = async (timer: (typeof timers)[number], input: TimerInput) => {
    timer.running = true;
    await invoker.invoke(timer.target, {
      invocationId: newInvocationId(),
      inputData: [{ name: timer.target.bindingName, data: { json: JSON.stringify(input) } }],
      triggerMetadata: {},
    });
    timer.running = false;
  };

  return {
    fireDue: (now) => {
      for (const timer of timers) {
        // What comes due while a run goes on is played once, after it.
        if (timer.running) continue;
        const plan = planTimer(timer.schedule, timer.state, now);
        if (plan === null) continue;
        timer.state = plan.state;
        void run(timer, plan.input);
      }
    },
    fireOnStartup: (now) => {
      for (const timer of timers) {
        if (timer.runOnStartup) void run(timer, timerInput(timer.state, now, now));
      }
    },
  };
}
