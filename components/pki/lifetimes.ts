/** How long certificates are valid, in days. */
export interface Lifetimes {
  authorityDays: number;
  certificateDays: number;
  /** Days before the end of a leaf from which a `pulumi up` renews it. */
  renewBeforeDays: number;
}

export const hours = (days: number): number => days * 24;
