"""Pages of the law: acts, groups, rosters, policies, and a policy that is tried."""
