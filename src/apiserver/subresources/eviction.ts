import type { Eviction } from '../../api/policy-v1/eviction.ts';
import { readObject, type BodyTarget } from '../handlers/body.ts';
import { checkNamespace } from '../handlers/names.ts';
import { sendObject, successStatus } from '../handlers/respond.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from '../handlers/services.ts';
import { remove, type DeleteOptions } from '../registry/delete.ts';

const eviction: BodyTarget = {
  group: 'policy',
  version: 'v1',
  olderVersions: ['v1beta1'],
  kind: 'Eviction',
  definition: 'io.k8s.api.policy.v1.Eviction',
};

/** POST of an Eviction: deletes the pod. Disruption budgets will be asked here. */
export async function handleEviction(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const sent: Eviction = await readObject(services, exchange, eviction);
  checkNamespace(target, sent);
  const { dryRun: dry, ...how } = (sent.deleteOptions ?? {}) as DeleteOptions & { dryRun?: string[] };
  const options = writeOptions(exchange);
  const dryRun = options.dryRun || (dry?.includes('All') ?? false);
  await remove(services.registry, target, how, { ...options, dryRun });
  sendObject(exchange, 201, { ...successStatus(), code: 201 });
}
