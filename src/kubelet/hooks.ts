import type { V1LifecycleHandler } from '@kubernetes/client-node';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import type { Plain } from '../apimachinery/object.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import type { EventRecorder } from '../client/events.ts';
import { httpGetOf } from './probes/targets.ts';
import { NOT_TLS } from './network/http-probe.ts';
import type { HttpGet, PodNetwork } from './network/network.ts';
import { containerPath, findContainer, identityOf, podTitle, type Container } from './pod-spec.ts';
import { runCommand } from './probes/run-command.ts';
import type { ContainerState, Runtime } from './runtime/runtime.ts';

export type LifecycleHandler = Plain<V1LifecycleHandler>;

export interface HookDependencies {
  readonly runtime: Runtime;
  readonly network: PodNetwork;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** The addresses under which a pod is reached. */
  readonly ipsOf: (pod: Pod) => readonly string[];
}

/** Runs the hooks of a container's life. */
export class HookRunner {
  readonly #deps: HookDependencies;

  constructor(deps: HookDependencies) {
    this.#deps = deps;
  }

  /** Runs a hook to its end. @returns why it failed, which an event has told already; undefined when it did not */
  async run(
    pod: Pod,
    run: ContainerState,
    handler: LifecycleHandler,
    which: 'PostStart' | 'PreStop',
  ): Promise<string | undefined> {
    try {
      await this.#call(pod, run, handler);
      return undefined;
    } catch (error) {
      const path = containerPath(pod, run.name);
      this.#deps.events.event(pod, 'Warning', `Failed${which}Hook`, `${which}Hook failed`, path);
      const title = `${sortOf(handler)} for Container "${run.name}" in Pod "${podTitle(identityOf(pod))}"`;
      return `${title} failed - error: ${errorMessage(error)}`;
    }
  }

  async #call(pod: Pod, run: ContainerState, handler: LifecycleHandler): Promise<void> {
    const { clock, runtime } = this.#deps;
    const signal = new AbortController().signal;
    if (handler.sleep) return sleep(clock, handler.sleep.seconds * 1000);
    if (handler.exec) {
      const { code, output } = await runCommand(runtime, run.id, handler.exec.command ?? [], signal);
      if (code !== 0)
        throw new Error(`command '${(handler.exec.command ?? []).join(' ')}' exited with ${code}: ${output}`);
    } else if (handler.httpGet) {
      const container = findContainer(pod, run.name)!;
      await this.#get(pod, container, {
        ...httpGetOf(handler.httpGet, container, this.#deps.ipsOf(pod)[0] ?? ''),
        signal,
      });
    } else {
      // The API keeps `tcpSocket` for old objects and says that such hooks fail.
      throw new Error(`invalid handler: ${JSON.stringify(handler)}`);
    }
  }

  /** Any answer will do, whatever its status. Who does not speak TLS is asked again without, and without credentials. */
  async #get(pod: Pod, container: Container, request: HttpGet): Promise<void> {
    const { events, network } = this.#deps;
    try {
      await network.httpGet(request);
    } catch (error) {
      if (request.scheme !== 'https' || !errorMessage(error).includes(NOT_TLS)) throw error;
      const headers = request.headers.filter(({ name }) => name.toLowerCase() !== 'authorization');
      await network.httpGet({ ...request, scheme: 'http', headers });
      const message = 'request to HTTPS lifecycle hook got HTTP response, retry with HTTP succeeded';
      events.event(pod, 'Warning', 'LifecycleHTTPFallback', message, containerPath(pod, container.name));
    }
  }
}

function sortOf({ exec, httpGet }: LifecycleHandler): string {
  if (exec) return `Exec lifecycle hook ([${(exec.command ?? []).join(' ')}])`;
  return httpGet ? `HTTP lifecycle hook (${httpGet.path ?? ''})` : 'Lifecycle hook';
}
