package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"hardway/local/tools/plugins/kubernetes/internal/await"
	"hardway/local/tools/plugins/kubernetes/internal/object"
)

const readyTimeout = 10 * time.Minute

// notReady is the error of an object that exists but is not ready.
type notReady struct {
	summary string
	reasons []string
}

func (n *notReady) Error() string { return n.summary }

// awaitReady waits until the object is ready and returns it. On a *notReady error it returns the object as last seen.
func (s *Server) awaitReady(
	urn resource.URN, inputs, live *unstructured.Unstructured, customSeconds float64,
) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(s.ctx, object.Timeout(customSeconds, inputs, readyTimeout))
	defer cancel()
	var verdict await.Verdict
	backoff := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 1.5, Steps: 12, Cap: 2 * time.Second}
	first := true
	err := backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		if !first {
			if found, err := s.cluster.Get(ctx, live, live.GetName()); err == nil {
				live = found
			}
		}
		first = false
		judged, err := await.Of(ctx, s.cluster, live, false)
		if err != nil || judged.Ready {
			return err == nil, err
		}
		if judged.Message != verdict.Message {
			s.progress(urn, judged.Message)
		}
		verdict = judged
		if verdict.Failed {
			return false, &notReady{
				fmt.Sprintf("Resource '%s' was created but failed to initialize", live.GetName()), []string{verdict.Message},
			}
		}
		return false, nil
	})
	s.progress(urn, "")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return live, &notReady{fmt.Sprintf("'%s' timed out waiting to be Ready", live.GetName()), []string{verdict.Message}}
	case errors.Is(err, context.Canceled):
		return live, &notReady{
			fmt.Sprintf("Resource operation was cancelled for %q", live.GetName()), []string{verdict.Message},
		}
	}
	return live, err
}

// unready returns, during a refresh, why an object is not ready; nil if it is.
func (s *Server) unready(live *unstructured.Unstructured) error {
	verdict, err := await.Of(s.ctx, s.cluster, live, true)
	if err != nil || verdict.Ready {
		return err
	}
	return &notReady{
		fmt.Sprintf("Resource '%s' was created but failed to initialize", live.GetName()), []string{verdict.Message},
	}
}

// initError tells the engine that the operation failed because of `cause` but the object exists and must stay in the
// state. The inputs may be nil.
func initError(id string, state, inputs *structpb.Struct, cause, message error) error {
	detail := pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Inputs: inputs, Reasons: []string{message.Error()},
	}
	var unready *notReady
	if errors.As(cause, &unready) {
		detail.Reasons = append(detail.Reasons, unready.reasons...)
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, message.Error()), &detail)
}
