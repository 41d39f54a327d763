import { BlockList, isIPv6 } from 'node:net';
import { ipAddress, type IPAddress } from '../api/networking-v1/ip-address.ts';
import { serviceCidr, type ServiceCIDR } from '../api/networking-v1/service-cidr.ts';
import { formatTime, timeOrZero } from '../apimachinery/time.ts';
import { controller, type ReconcileContext } from '../client/controller.ts';
import { findCondition, withCondition } from './conditions.ts';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
/** Milliseconds in which servers that have not yet heard of the deletion may still give addresses of the range. */
const GRACE = 10_000;
const READY = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const TERMINATING = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

/**
 * Lets servers give addresses of a ServiceCIDR once it is protected from deletion, and lets a deleted one go when no
 * address needs it any more.
 */
export const serviceCidrController = controller<ServiceCIDR>({
  name: 'service-cidr-controller',
  for: serviceCidr,
  watches: [
    {
      kind: ipAddress,
      keys: (_, reader) =>
        reader
          .list(serviceCidr)
          .filter(isEnding)
          .map(({ metadata }) => metadata.name),
    },
  ],
  async reconcile(key, context) {
    const range = context.reader.get(serviceCidr, key);
    if (!range) return undefined;
    if (!isEnding(range)) return protect(range, context);
    return end(range, context);
  },
});

function isEnding({ metadata }: ServiceCIDR): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null;
}

async function protect(range: ServiceCIDR, context: ReconcileContext): Promise<void> {
  const { metadata } = range;
  const finalizers = metadata.finalizers ?? [];
  let current = range;
  if (!finalizers.includes(FINALIZER)) {
    const guarded = { ...metadata, finalizers: [...finalizers, FINALIZER] };
    current = await context.client.update(serviceCidr, { ...range, metadata: guarded });
  }
  if (findCondition(range.status?.conditions as any[], 'Ready')?.status !== 'True') await tell(current, READY, context);
}

async function end(range: ServiceCIDR, context: ReconcileContext): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  const finalizers = range.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return undefined;
  const others = reader.list(serviceCidr).filter((other) => other !== range && !isEnding(other));
  if (isNeeded(range, others, reader.list(ipAddress))) return await tell(range, TERMINATING, context);
  const wait = timeOrZero(range.metadata.deletionTimestamp) + GRACE - clock.now();
  if (wait > 0) return { after: wait };
  const metadata = { ...range.metadata, finalizers: finalizers.filter((name) => name !== FINALIZER) };
  await client.update(serviceCidr, { ...range, metadata });
  return undefined;
}

/** Whether some address lies in this range and in none of the others. */
function isNeeded(range: ServiceCIDR, others: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const [own, rest] = [blocksOf([range]), blocksOf(others)];
  return addresses.some(({ metadata: { name } }) => {
    const family = isIPv6(name) ? 'ipv6' : 'ipv4';
    return own.check(name, family) && !rest.check(name, family);
  });
}

function blocksOf(ranges: readonly ServiceCIDR[]): BlockList {
  const blocks = new BlockList();
  for (const cidr of ranges.flatMap(({ spec }) => spec?.cidrs ?? [])) {
    const [address = '', bits] = cidr.split('/');
    blocks.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

async function tell(range: ServiceCIDR, what: typeof READY, { client, clock }: ReconcileContext): Promise<void> {
  const now = formatTime(clock.now());
  const before = (range.status?.conditions ?? []) as any[];
  const conditions = withCondition(before, { type: 'Ready', ...what, lastTransitionTime: now });
  if (conditions.every((condition, i) => condition === before[i]) && conditions.length === before.length) return;
  const status = { ...range.status, conditions } as ServiceCIDR['status'];
  await client.update(serviceCidr, { ...range, status }, { subresource: 'status' });
}
