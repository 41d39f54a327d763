import type { Clock, Timer } from '../../base/clock.ts';
import type { Probe, ProbeOutcome } from './probe.ts';

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** When the container was started, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Whether the first answer counts as given: success, failure, or unknown. */
  readonly initially: boolean | undefined;
  /** Whether probing makes sense now (liveness and readiness wait for the startup probe). */
  readonly due: () => boolean;
  /** Whether a verdict of failure is the last one: the container will be ended for it. */
  readonly fatal?: boolean | undefined;
  readonly check: (signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Called when the verdict changes. */
  readonly onResult: (healthy: boolean) => void;
  /** Called after each probe. */
  readonly onOutcome: (outcome: ProbeOutcome) => void;
}

/** Probes one container again and again; the verdict changes after as many equal answers as the probe says. */
export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  #timer: Timer | undefined;
  #abort = new AbortController();
  #last: boolean | undefined;
  #streak = 0;
  /** The verdict; undefined before there is one. */
  healthy: boolean | undefined;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    this.healthy = options.initially;
    const { clock, probe, startedAt } = options;
    const first = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    this.#schedule(Math.max(0, first));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#abort.abort(new Error('the container is not probed any more'));
  }

  /** Probes now instead of at the next turn. */
  hurry(): void {
    if (
      this.#timer &&
      this.#options.clock.now() >= this.#options.startedAt + (this.#options.probe.initialDelaySeconds ?? 0) * 1000
    ) {
      this.#timer.cancel();
      this.#schedule(0);
    }
  }

  #schedule(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => {
      this.#timer = undefined;
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    const { probe, due } = this.#options;
    if (due()) await this.#probe();
    if (this.#options.fatal && this.healthy === false) return;
    if (!this.#abort.signal.aborted) this.#schedule((probe.periodSeconds ?? 10) * 1000);
  }

  async #probe(): Promise<void> {
    const { probe, clock, check, onOutcome } = this.#options;
    const seconds = probe.timeoutSeconds ?? 1;
    const limit = new AbortController();
    const timer = clock.after(seconds * 1000, () => limit.abort(new Error(`probe timed out after ${seconds}s`)));
    const outcome = await check(AbortSignal.any([limit.signal, this.#abort.signal]));
    timer.cancel();
    if (this.#abort.signal.aborted) return;
    onOutcome(outcome);
    if (outcome.result !== 'unknown') this.#count(outcome.result !== 'failure');
  }

  #count(success: boolean): void {
    const { probe, onResult } = this.#options;
    this.#streak = this.#last === success ? this.#streak + 1 : 1;
    this.#last = success;
    const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#streak < threshold || this.healthy === success) return;
    this.healthy = success;
    onResult(success);
  }
}
