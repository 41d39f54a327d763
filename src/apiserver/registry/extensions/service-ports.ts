import { isExternal, type Service, type ServicePort, type ServiceSpec } from '../../../api/core-v1/service.ts';
import { internalError } from '../../../apimachinery/api-error.ts';
import { invalid } from '../../../apimachinery/field-error.ts';
import { pretended, type Claim, type Claims, type ValueRange } from './claims.ts';
import type { Taking } from './service-addresses.ts';

/** From first to last, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const pathOf = (i: number) => `spec.ports[${i}].nodePort`;
const TAKEN = 'provided port is already allocated';

/** The node ports that a service holds, as texts. Two protocols may share one. */
export function portsOf({ ports, healthCheckNodePort }: ServiceSpec): string[] {
  const all = [...(ports ?? []).map((port) => port.nodePort ?? 0), healthCheckNodePort ?? 0];
  return [...new Set(all.filter((port) => port > 0).map(String))];
}

/** Whether nodes answer on a port of its own whether they have endpoints of the service. */
function needsHealthPort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Gives a service node ports, and the port of its health check. */
export class ServicePorts {
  readonly #claims: Claims;
  readonly #range: PortRange;
  readonly #values: ValueRange;

  constructor(claims: Claims, range: PortRange) {
    this.#claims = claims;
    this.#range = range;
    this.#values = { size: range.last - range.first + 1, at: (offset) => String(range.first + offset) };
  }

  /** Claims the ports that the service asks for or lacks, except those in `held`. */
  async take({ spec = {} }: Service, held: readonly string[], taking: Taking): Promise<void> {
    const has = new Set(held);
    for (const [i, port] of (spec.ports ?? []).entries()) await this.#claim(port, i, has, taking);
    if (taking.errors.length > 0) return;
    if (isExternal(spec) && spec.allocateLoadBalancerNodePorts !== false) await this.#fill(spec, taking);
    await this.#takeHealthPort(spec, has, taking);
  }

  /** Claims a node port that the service asks for. */
  async #claim({ nodePort }: ServicePort, i: number, has: Set<string>, taking: Taking): Promise<void> {
    if (!nodePort || has.has(String(nodePort))) return;
    const { first, last } = this.#range;
    if (nodePort < first || nodePort > last) {
      const range = `The range of valid ports is ${first}-${last}`;
      taking.errors.push(invalid(pathOf(i), nodePort, `provided port is not in the valid range. ${range}`));
    } else if (await this.#try(String(nodePort), taking)) has.add(String(nodePort));
    else taking.errors.push(invalid(pathOf(i), nodePort, TAKEN));
  }

  /** Gives ports to those without; two protocols of one port share one, where that is free. */
  async #fill({ ports = [] }: ServiceSpec, taking: Taking): Promise<void> {
    for (const port of ports) {
      if (port.nodePort) continue;
      const twin = ports.find((p) => p.port === port.port && p.protocol !== port.protocol && p.nodePort);
      const shared = twin && !ports.some((p) => p.nodePort === twin.nodePort && p.protocol === port.protocol);
      port.nodePort = shared ? twin.nodePort! : Number(await this.#any(taking));
    }
  }

  async #takeHealthPort(spec: ServiceSpec, has: Set<string>, taking: Taking): Promise<void> {
    if (!needsHealthPort(spec)) {
      if (spec.healthCheckNodePort && has.has(String(spec.healthCheckNodePort))) delete spec.healthCheckNodePort;
      return;
    }
    const asked = spec.healthCheckNodePort;
    if (!asked) spec.healthCheckNodePort = Number(await this.#any(taking));
    else if (!has.has(String(asked))) await this.#claimHealthPort(asked, taking);
  }

  async #claimHealthPort(asked: number, taking: Taking): Promise<void> {
    const { first, last } = this.#range;
    const why =
      asked < first || asked > last
        ? `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
        : !(await this.#try(String(asked), taking)) && TAKEN;
    if (why) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
  }

  async #try(port: string, { owner, dryRun, claims }: Taking): Promise<boolean> {
    const claim = dryRun
      ? (await this.#claims.isTaken(port))
        ? undefined
        : pretended(port)
      : await this.#claims.claim(port, owner);
    if (claim) claims.push(claim);
    return claim !== undefined;
  }

  async #any({ owner, dryRun, claims }: Taking): Promise<string> {
    const claim: Claim | undefined = await this.#claims.claimAny(this.#values, owner, dryRun);
    if (!claim) throw internalError('failed to allocate a nodePort: range is full');
    claims.push(claim);
    return claim.value;
  }
}
