package remote

import (
	"context"
	"fmt"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/retry"
)

// withRetry calls f until it succeeds, has failed more than limit times (-1: no limit), or ctx ends. It waits 0.1 s
// after the first failure, then 1.5 times as long after each further one, up to 5 s. what names the operation in the
// message about each failure.
func withRetry[T any](ctx context.Context, what string, limit int, f func() (T, error)) (T, error) {
	var none T
	shownLimit := strconv.Itoa(limit)
	if limit < 0 {
		shownLimit = "inf"
	}
	done, result, err := retry.Until(ctx, retry.Acceptor{
		Accept: func(failures int, _ time.Duration) (bool, any, error) {
			result, err := f()
			if err == nil {
				return true, result, nil
			}
			if limit >= 0 && failures >= limit {
				return true, nil, fmt.Errorf("after %d failed attempts: %w", failures, err)
			}
			if ctx.Err() == nil {
				p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying: %v", what, failures+1, shownLimit, err)
			}
			return false, nil, nil
		},
	})
	if err != nil {
		return none, err
	}
	if !done {
		return none, context.Cause(ctx)
	}
	return result.(T), nil
}
