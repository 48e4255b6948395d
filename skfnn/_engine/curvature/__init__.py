"""Second derivatives: Jacobian, Gauss-Newton matrix, evidence and posterior of the weights."""
