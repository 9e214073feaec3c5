/** The same commands in every run, so that a failure has its cause in the change at hand; other seeds find more. */
export const SEED: number = Number(process.env.DIFFERENTIAL_SEED ?? 1)
