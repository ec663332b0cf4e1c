import { HOST_KEY_FILE, HOST_KEY_TYPE } from "../layout";

const URL = "http://metadata.google.internal/computeMetadata/v1/instance/guest-attributes/hostkeys";

/**
 * Shell code that publishes the machine's SSH host key as a guest attribute, in the background. Google's guest agent does it
 * once, at the first boot, and goes on when that fails. Only the one key that this program reads: Google allows few queries.
 */
export const publishHostKey = `if read -r _ key _ 2>/dev/null <${HOST_KEY_FILE}; then
curl --silent --retry 5 --retry-connrefused --max-time 60 --header "Metadata-Flavor: Google" --request PUT --data-raw "$key" --output /dev/null ${URL}/${HOST_KEY_TYPE} &
fi`;
