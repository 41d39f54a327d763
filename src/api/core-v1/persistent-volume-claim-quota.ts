import { amountsOf, raiseTo } from '../../apimachinery/amounts.ts';
import { Quantity } from '../../apimachinery/quantity.ts';
import type { QuotaUse } from '../../apimachinery/quota-use.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import { meetsValues, ONE } from './quota-names.ts';

const covered = new Set(['persistentvolumeclaims', 'requests.storage']);
const OF_CLASS = '.storageclass.storage.k8s.io/';
const WHOLE = 1_000_000_000n;

/** What claims use: themselves and the storage they ask for, in all and by storage class. */
export const persistentVolumeClaimQuota: QuotaUse<PersistentVolumeClaim> = {
  covers: (name) => covered.has(name) || [...covered].some((resource) => name.endsWith(OF_CLASS + resource)),
  chargedUpdates: [''],
  use(claim) {
    const use = new Map<string, Quantity>([['persistentvolumeclaims', ONE]]);
    const storage = storageOf(claim);
    if (storage) use.set('requests.storage', storage);
    const name =
      claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName;
    if (name) for (const [resource, quantity] of [...use]) use.set(name + OF_CLASS + resource, quantity);
    return use;
  },
  inScope(claim, scope) {
    if (scope.scopeName !== 'VolumeAttributesClass') return false;
    const { spec, status } = claim;
    const names = [
      spec?.volumeAttributesClassName,
      status?.currentVolumeAttributesClassName,
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ];
    const said = names.filter((name): name is string => Boolean(name));
    return meetsValues(scope, said);
  },
};

/** In whole bytes; while a claim grows or shrinks, what it has already counts when it is more. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const requests = amountsOf(spec?.resources?.requests);
  if (!requests.has('storage')) return undefined;
  raiseTo(requests, amountsOf(status?.allocatedResources));
  const { nanos, format } = requests.get('storage')!;
  const rest = nanos % WHOLE;
  return new Quantity(rest === 0n ? nanos : nanos - rest + WHOLE, format);
}
