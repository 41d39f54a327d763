import { badRequest } from './api-error.ts';
import {
  holds,
  newRequirement,
  requirementText,
  SelectorSyntaxError,
  type LabelOperator,
  type LabelRequirement,
} from './label-requirement.ts';
import { parseRequirements } from './label-selector-parser.ts';

export type { LabelOperator, LabelRequirement } from './label-requirement.ts';

/** The `LabelSelector` object of specs. */
export interface LabelSelectorObject {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

type Labels = Readonly<Record<string, string>> | undefined;

/** A parsed label selector: all requirements must hold. Immutable. */
export class LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly #nothing: boolean;

  constructor(requirements: readonly LabelRequirement[], nothing = false) {
    this.requirements = requirements;
    this.#nothing = nothing;
  }

  /** Whether everything matches. */
  get empty(): boolean {
    return this.requirements.length === 0 && !this.#nothing;
  }

  matches(labels: Labels): boolean {
    if (this.#nothing) return false;
    for (const requirement of this.requirements) if (!holds(requirement, labels)) return false;
    return true;
  }

  /** The value that label `key` must have, if the selector allows just one. */
  exact(key: string): string | undefined {
    return this.requirements.find((r) => r.key === key && r.operator === 'in' && r.values.length === 1)?.values[0];
  }

  /** The text form, parseable again. */
  toString(): string {
    return this.requirements.map(requirementText).join(',');
  }
}

/** Matches everything. */
export const everything = new LabelSelector([]);
/** Matches nothing: what an absent `LabelSelector` object means. */
export const nothing = new LabelSelector([], true);

/**
 * Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>5`.
 * @throws ApiError BadRequest
 */
export function parseLabelSelector(text: string | undefined): LabelSelector {
  if (!text) return everything;
  try {
    return new LabelSelector(parseRequirements(text));
  } catch (error) {
    if (error instanceof SelectorSyntaxError) throw badRequest(error.message);
    throw error;
  }
}

/**
 * The selector that a `LabelSelector` object describes: absent matches nothing, empty matches everything.
 * @throws Error when an operator or a key is invalid
 */
export function selectorFromObject(object: LabelSelectorObject | undefined): LabelSelector {
  if (!object) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(object.matchLabels ?? {})) {
    requirements.push(newRequirement(key, 'in', [value]));
  }
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    requirements.push(newRequirement(key, objectOperator(operator), values ?? []));
  }
  return requirements.length === 0 ? everything : new LabelSelector(requirements);
}

/** The selector of a plain map, as `Service.spec.selector` has. */
export function selectorFromMap(labels: Readonly<Record<string, string>> | undefined): LabelSelector {
  return new LabelSelector(
    Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: 'in', values: [value] })),
  );
}

const OBJECT_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function objectOperator(operator: string): LabelOperator {
  if (Object.hasOwn(OBJECT_OPERATORS, operator)) return OBJECT_OPERATORS[operator]!;
  throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
}
