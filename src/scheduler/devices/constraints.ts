import type { Constraint, Device } from './device.ts';
import { attributeText } from './selectors.ts';

/** A device that was chosen for a request of a claim. */
export interface Chosen {
  readonly request: string;
  readonly device: Device;
}

/** Whether `next` may join what was chosen for its claim. */
export function mayJoin(next: Chosen, chosen: readonly Chosen[], constraints: readonly Constraint[] = []): boolean {
  return constraints.every((constraint) => {
    if (!concerns(constraint, next.request)) return true;
    const others = chosen.filter(({ request }) => concerns(constraint, request)).map(({ device }) => device);
    return meets(constraint, next.device, others);
  });
}

/** One that names no requests is about all; one that names a request is about all of what it would take. */
function concerns({ requests = [] }: Constraint, request: string): boolean {
  return requests.length === 0 || requests.includes(request) || requests.includes(request.split('/')[0]!);
}

function meets({ matchAttribute, distinctAttribute }: Constraint, device: Device, others: readonly Device[]): boolean {
  if (matchAttribute) {
    const value = attributeText(device, matchAttribute);
    return value !== undefined && others.every((other) => attributeText(other, matchAttribute) === value);
  }
  if (distinctAttribute) {
    const value = attributeText(device, distinctAttribute);
    return value !== undefined && others.every((other) => attributeText(other, distinctAttribute) !== value);
  }
  return false; // a rule that we do not know is a rule all the same
}
