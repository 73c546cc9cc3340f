// The header as C++17.
#include <vce.h>

#include <cstring>
#include <memory>

int main()
{
    std::unique_ptr<vce_config, decltype(&vce_config_free)> config(vce_config_new(), vce_config_free);
    vce_error *error = nullptr;
    const vce_status status = vce_config_set(config.get(), "nonsense", "1", &error);
    const std::unique_ptr<vce_error, decltype(&vce_error_free)> owner(error, vce_error_free);
    return status == VCE_ERR_CONFIG && std::strstr(vce_error_message(error), "nonsense") != nullptr ? 0 : 1;
}
