/** How long certificates are valid, in days. */
export interface Lifetimes {
  authorityDays: number;
  certificateDays: number;
  /** A `pulumi up` this long before the end renews. */
  renewBeforeDays: number;
}

export const hours = (days: number): number => days * 24;
