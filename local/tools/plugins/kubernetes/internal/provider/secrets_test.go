//go:build integration

package provider

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func secret(value string) fields {
	return fields{
		"apiVersion": "v1", "kind": "Secret", "metadata": fields{"name": "token"}, "stringData": fields{"password": value},
	}
}

// shown returns the properties as JSON, with secrets replaced by "hidden".
func shown(t *testing.T, packed *structpb.Struct) string {
	t.Helper()
	props, err := plugin.UnmarshalProperties(packed, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true})
	require.NoError(t, err)
	hidden := props.MapRepl(nil, func(v resource.PropertyValue) (any, bool) { return "hidden", v.IsSecret() })
	text, err := protojson.Marshal(pack(t, hidden))
	require.NoError(t, err)
	return string(text)
}

func TestSecretPayloadIsNeverShown(t *testing.T) {
	const plain, encoded = "hunter2", "aHVudGVyMg=="
	token := resourceOf(t, configured(t, nil), "kubernetes:core/v1:Secret", "token")
	state := token.create(secret(plain))
	require.Equal(t, fields{"password": encoded}, state["data"])
	live, err := api.Client.CoreV1().Secrets("default").Get(context.Background(), "token", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, plain, string(live.Data["password"]))

	require.True(t, token.refresh())
	for _, packed := range []*structpb.Struct{token.state, token.inputs, token.check(secret(plain))} {
		text := shown(t, packed)
		require.NotContains(t, text, plain)
		require.NotContains(t, text, encoded)
		require.Contains(t, text, "hidden")
	}
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, token.diff(secret(plain)).GetChanges())
	require.Equal(t, []string{"data.password"}, token.diff(secret("other")).GetReplaces())
}

func TestMutableSecretIsUpdatedInPlaceUnlessImmutable(t *testing.T) {
	token := resourceOf(t, configured(t, map[string]string{"enableSecretMutable": "true"}), "kubernetes:core/v1:Secret", "token")
	token.create(secret("one"))
	require.Empty(t, token.diff(secret("two")).GetReplaces())
	token.update(secret("two"))
	live, err := api.Client.CoreV1().Secrets("default").Get(context.Background(), "token", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, "two", string(live.Data["password"]))

	frozen := secret("three")
	frozen["immutable"] = true
	require.Equal(t, []string{"data.password"}, token.diff(frozen).GetReplaces())
}

func TestSecretFieldsOfOtherKindsStaySecret(t *testing.T) {
	config := resourceOf(t, configured(t, nil), "kubernetes:core/v1:ConfigMap", "hiding")
	config.create(fields{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "hiding"},
		"data": fields{"open": "seen", "closed": resource.MakeSecret(resource.NewProperty("unseen"))},
	})
	require.NotContains(t, shown(t, config.state), "unseen")
	require.Contains(t, shown(t, config.state), "seen")
	require.Equal(t, map[string]string{"open": "seen", "closed": "unseen"}, liveConfigMap(t, "hiding").Data)
}

func TestCreateWaitsForAServiceAccountToken(t *testing.T) {
	ctx := context.Background()
	token := resourceOf(t, configured(t, nil), "kubernetes:core/v1:Secret", "awaited")
	filled := make(chan error, 1)
	go func() {
		watch, err := api.Client.CoreV1().Secrets("default").Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=awaited"})
		if err != nil {
			filled <- err
			return
		}
		defer watch.Stop()
		created := (<-watch.ResultChan()).Object.(*corev1.Secret)
		created.Data = map[string][]byte{"token": []byte("made")}
		_, err = api.Client.CoreV1().Secrets("default").Update(ctx, created, metav1.UpdateOptions{})
		filled <- err
	}()
	state := token.create(fields{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
		"metadata": fields{"name": "awaited", "annotations": fields{"kubernetes.io/service-account.name": "default"}},
	})
	require.NoError(t, <-filled)
	require.Equal(t, fields{"token": "bWFkZQ=="}, state["data"])
}
