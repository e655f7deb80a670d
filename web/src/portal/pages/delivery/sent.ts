/** What every act on a delivery sends. */
export type Sent = { deliveryId: string; expectedVersion: number };
